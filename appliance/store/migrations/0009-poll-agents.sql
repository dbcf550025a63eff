-- Who had served the caller before he answered a poll; of answers from before it is not known.

ALTER TABLE poll_answers ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE poll_answers ADD COLUMN queue TEXT NOT NULL DEFAULT '';
