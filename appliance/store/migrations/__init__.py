"""The schema's history: `NNNN-name.sql` files, applied in order, each in one transaction. A file that was released never changes.

Views are not here: they follow from the tables and are made again whenever they differ (`appliance.store.schema`).
"""
