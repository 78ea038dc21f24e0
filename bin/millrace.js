#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { toolPath } = require('../tools/locate.cjs');

const main = join(__dirname, '..', 'dist', 'cli', 'main.js');
if (!existsSync(main)) {
  process.stderr.write('millrace is not built: run  npm run build  in the checkout\n');
  process.exit(1);
}
process.env.PATH = toolPath();
require(main);
