"""What a setting is: its fields, schema, normal form, and what state holds.

A `setting` has a `schema` of `fields`, each of which knows what it may be, how two of its values are compared, and
which change of it weakens protection (`weakening`). `state` says what is recorded of a resource, `places` where it is
declared. The rest are values and words: `addresses`, `regex`, `days`, `text`, `names`. marshmallow, which is slow to
import, is behind `validation` and `invalid`.
"""
