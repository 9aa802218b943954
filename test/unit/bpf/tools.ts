import { spawnSync } from 'node:child_process';

/** Whether a tool that serves as an oracle is installed here. */
export const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0;
