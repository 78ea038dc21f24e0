'use strict';
const { toolPath } = require('../../tools/locate.cjs');

/** Tests run the programs by name, as the command does: the cache of the set-up goes in front of PATH, once, before the workers start. */
module.exports = async () => {
  process.env.PATH = toolPath();
};
