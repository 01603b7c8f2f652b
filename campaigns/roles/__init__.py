"""Web and worker log in to Postgres as roles of their own, which may do what their side needs and
nothing else. `manage.py migrate`, which owns the tables, makes the roles and grants them that; on
SQLite there are none.
"""
