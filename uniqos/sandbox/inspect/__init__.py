"""The routes under ``/_sandbox``: the admin routes, and the page that shows the state of the sandbox."""
