"""The demonstration: everything on one machine, with believable data and a story to replay."""
