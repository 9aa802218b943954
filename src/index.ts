export * from './bpf/index.js';
export * from './netlink/index.js';
export * from './sys/index.js';
export * from './tc/index.js';
export * from './wire/index.js';
