/** Says why and ends at once. */
process.stderr.write("no licence found\nset MODEL_KEY\n");
process.exit(7);
