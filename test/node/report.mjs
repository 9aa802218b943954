// Reads a report of vitest: prints how many tests passed, failed and were skipped; those that failed go to stderr.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const { name, message, assertionResults } of report.testResults) {
  if (message) console.error(`${name}: ${message}`);
  for (const { status, fullName, failureMessages } of assertionResults) {
    if (status === 'failed') console.error(`${fullName}\n  ${failureMessages.join('\n').split('\n', 4).join('\n  ')}`);
  }
}
console.log(report.numPassedTests, report.numFailedTests, report.numPendingTests + report.numTodoTests);
