"""The live version, for apps: the standard library's sqlite3, and no more imports than a read
needs.

`reader.py` answers, `live_record.py` checks a record, `coverage.py` checks that none was left out,
`connection.py` keeps the file open, `last_good.py` stores answers for the time after a restart.
"""
