"""Protobuf records, read by what a registry has of their schema: protoc compiles it, the library of
protobuf and Confluent's deserialiser read by it. None of them knows anything of the consumer."""
import subprocess
import tempfile
from pathlib import Path

from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def message_class(text):
    """The class of the one message of a .proto file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schema.proto").write_text(text, encoding="utf-8")
        made = subprocess.run(
            ["protoc", f"-I{folder}", "--descriptor_set_out=/dev/stdout", "schema.proto"],
            capture_output=True, check=False)
    assert made.returncode == 0, made.stderr.decode() + text
    file = descriptor_pb2.FileDescriptorSet.FromString(made.stdout).file[0]
    pool = descriptor_pool.DescriptorPool()
    assert [message.name for message in file.message_type] in (["Key"], ["Envelope"]), text
    pool.Add(file)
    name = f"{file.package}.{file.message_type[0].name}"
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def official(record, schemas):
    """Key and value as Confluent's deserialiser reads them. `schemas`: subject to text."""
    return tuple(
        data if data is None else
        ProtobufDeserializer(message_class(schemas[record.topic + suffix]), {})(
            data, SerializationContext(record.topic, field, list(record.headers)))
        for data, suffix, field in ((record.key, "-key", MessageField.KEY),
                                    (record.value, "-value", MessageField.VALUE)))


def row_of(message):
    """The fields that a row has, by name."""
    return {field.name: value for field, value in message.ListFields()}


def values_of(array, width=None):
    """The elements of an array message of one dimension, nulls in their places."""
    values = list(array.element)
    for place in array.null_position:
        values.insert(place, None)
    assert width is None or len(values) == width, array
    return values
