"""The handlers of organizations, their members, invitations and transfers."""
