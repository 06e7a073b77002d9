"""The methods of the client, sorted by the namespaces of the API."""
