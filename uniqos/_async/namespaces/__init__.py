"""The methods of the client, by namespace of the API."""
