"""What is live, for apps: the standard library's sqlite3, and no more than a read needs.

`reader.py` answers, `live_record.py` checks one record, `coverage.py` that none was left out,
`connection.py` holds the file open, `last_good.py` keeps answers for the time after a restart.
"""
