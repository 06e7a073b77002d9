"""The values that every other part uses: models, plain JSON, secrets, the HTTP side of responses."""
