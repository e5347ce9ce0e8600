"""Entries from CSV, JSON and YAML files, and back to files.

`formats` reads a file, by `csv_form`, `json_form` or `yaml_form`, as entries that know where they stand (`entry`);
`typed` brings them under the API's names. `merging` puts layers of them together. The way back: `declarable` says what
of a live entry can be declared, `writing` writes it, and `editing` changes a file that is there. `json_schema` tells
editors what such files may hold.
"""
