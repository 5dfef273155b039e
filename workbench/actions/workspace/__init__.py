"""Make and look after a workspace: init, doctor, trust, suites, data of people."""
