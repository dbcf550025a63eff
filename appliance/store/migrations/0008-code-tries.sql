-- Wrong check codes of tickets, so that who tries them gets no further over a restart either.

CREATE TABLE code_tries (
    who TEXT NOT NULL,
    times TEXT NOT NULL,
    PRIMARY KEY (who)
) STRICT;
