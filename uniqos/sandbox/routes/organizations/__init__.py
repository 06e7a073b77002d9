"""The handlers of organizations, members and invitations."""
