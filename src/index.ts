export * from './netlink/index.js';
