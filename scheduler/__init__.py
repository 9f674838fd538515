"""WHEN it goes: timetable, dispatcher, alarm, sweeps."""
