"""THE PROCESS, start reading here: settings, wiring, command line, database, web."""
