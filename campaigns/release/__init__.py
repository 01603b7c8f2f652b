"""Release night: claim due pre-saves, refresh, save, settle, try again; and the maintenance.

Tasks and the release_worker command start it. It alone opens permissions, and saves nothing that
the catalogue has not confirmed.
"""
