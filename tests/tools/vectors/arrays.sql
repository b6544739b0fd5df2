-- An array of each element kind: flat, with nulls, empty, of two dimensions, with lower bounds.
CREATE TABLE arrays (
    id int PRIMARY KEY, b bool[], i4 int[], i8 int8[], o oid[], x8 xid8[], f4 float4[], f8 float8[],
    ti time[], ts timestamp[], t text[], n numeric[], bytes bytea[], u uuid[], d date[],
    iv interval[], mo money[]);
-- prepare
INSERT INTO arrays VALUES
    (1, '{t,f}', '{1,-1,0}', '{1,-9223372036854775808}', '{1,4294967295}', '{1}', '{1.5,NaN}',
     '{0.1}', '{24:00}', '{infinity,2024-02-29}', '{a,"",NULL,x}', '{1.50,NaN}',
     ARRAY['\x00ff'::bytea, ''], '{00112233-4455-6677-8899-aabbccddeeff}', '{2024-02-29,-infinity}',
     '{1 day}', '{1.25}'),
    (2, '{NULL,t,NULL}', '{{1,2},{3,NULL}}', '[5:6]={7,8}', '{}', '{NULL}', '{}', '{}', '{}', '{}',
     '{}', '{}', '{}', '{}', '{}', '{NULL}', '{}');
