"""SIP: dialogs, media and registration. `port` says what the runtime may ask, `pjsua` does it, `fake` plays it.

Every pjsua2 object lives and dies in one thread, inside `pjsua*.py`; nothing else imports pjsua2.
"""
