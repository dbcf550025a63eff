-- Where a caller stands in call flows, and what they have asked of him: a restarted core goes on there.

ALTER TABLE contacts ADD COLUMN nodes TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN flow_version TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN variables TEXT NOT NULL DEFAULT '';
