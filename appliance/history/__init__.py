"""What became of every parked call (P-33): one record each, in a file of its own, told by the core's reports alone.

`History` is the loop's side, `Writer` the thread that owns `file`, `stay` what a report changes in a record, `answers` what is
asked of it, `statistics` what can be counted. The file is no promise to anybody: whatever is wrong with it is a fault in the
status, and parking goes on.
"""
