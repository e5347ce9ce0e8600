"""What a setting is: its fields, schema, normal form, and what state holds."""
