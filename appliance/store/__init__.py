"""What survives the process: the journal of legs. SQLite behind a protocol; it has a thread of its own and no policy.

Pure: `stamp`, `shift`, `rows` (what stands in a row, and on whose clock). The file: `book` (SQLite), `aside` (broken ones),
`opening` (what is there at the start). The writer's thread: `writer`. On the loop: `journal`, `landings` (who waits), `faults`;
`memory` is the journal without a disk.
"""
