'use strict';
const { default: Sequencer } = require('@jest/test-sequencer');

/** Minutes each, and nothing to do for a processor most of the time: begun last, all others would be long done. */
const LONGEST = /\/(e2e\/demo|long\/(floor-on-server|images-on-kubernetes|floor-properties|equal-rebuild|whole-graph))\.test\.ts$/;

/** Jest begins with the largest files where it does not know yet how long they take. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return [...sorted.filter(({ path }) => LONGEST.test(path)), ...sorted.filter(({ path }) => !LONGEST.test(path))];
  }
};
