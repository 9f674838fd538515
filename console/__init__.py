"""THE STAFF'S WEB PAGES, and the same verbs as a JSON API."""
