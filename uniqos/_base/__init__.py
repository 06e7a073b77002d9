"""Values that every other part uses: models, plain JSON, secrets, what HTTP said. It knows no endpoint."""
