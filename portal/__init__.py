"""THE PUBLIC'S WEB PAGES: disclosure pages, feeds, sitemap, search, web chat."""
