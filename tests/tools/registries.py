"""Avro records of Confluent's frame, read by a library that shares nothing with the consumer."""
import io
import json
import struct

import fastavro


def framed(data):
    """(schema id, the bytes behind the frame)."""
    magic, number = struct.unpack(">bI", data[:5])
    assert magic == 0, data[:5]
    return number, data[5:]


def read(data, schema_of):
    """The datum of one framed key or value. schema_of(id) -> (type, schema)."""
    number, payload = framed(data)
    kind, text = schema_of(number)
    assert kind == "AVRO", kind
    stream = io.BytesIO(payload)
    datum = fastavro.schemaless_reader(stream, fastavro.parse_schema(json.loads(text)))
    assert stream.read() == b"", "bytes are left behind the datum"
    return datum


def decoded(record, schema_of):
    return None if record.value is None else read(record.value, schema_of)


def decoded_key(record, schema_of):
    return None if record.key is None else read(record.key, schema_of)


def values(records, schema_of, column="id"):
    """One column of the new rows, in order."""
    return [decoded(record, schema_of)["after"][column] for record in records]


def official(record, client):
    """Key and value as Confluent's own deserialiser reads them; `client` is a
    confluent_kafka.schema_registry.SchemaRegistryClient."""
    # Here, because only the tests of a registry need all that it brings along.
    from confluent_kafka.schema_registry.avro import AvroDeserializer
    from confluent_kafka.serialization import MessageField, SerializationContext
    deserialize = AvroDeserializer(client)
    return tuple(deserialize(data, SerializationContext(record.topic, field))
                 for data, field in ((record.key, MessageField.KEY),
                                     (record.value, MessageField.VALUE)))
