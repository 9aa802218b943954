// Loads objects one after another: node load-objects.mjs PIN_DIRECTORY OBJECT... Prints the errors of ours, by object.
import { basename } from 'node:path';
import { BpfObject } from '../../dist/bpf/index.js';
import { NlbpfError } from '../../dist/wire/index.js';

const [pinDirectory, ...paths] = process.argv.slice(2);
const refusals = {};
for (const path of paths) {
  try {
    BpfObject.open(path)
      .load({ pinDirectory: `${pinDirectory}/${basename(path, '.o')}` })
      .close();
  } catch (error) {
    if (!(error instanceof NlbpfError)) throw error;
    refusals[path] = error.message;
  }
}
console.log(JSON.stringify(refusals));
