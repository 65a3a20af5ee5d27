/** Prints what is no protocol, for ever, and reads nothing. */
const line = `${"rubbish ".repeat(200)}\n`;
const print = () => {
  while (process.stdout.write(line));
};
process.stdout.on("drain", print);
process.stderr.write("loading the model\n");
print();
