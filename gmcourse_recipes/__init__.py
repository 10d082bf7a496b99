"""What trained each model of the zoo: one recipe a file, run by `gmcourse train NAME`."""
