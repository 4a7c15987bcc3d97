"""Documents whose words are the city's own: catalogue, fields, versions, editing."""
