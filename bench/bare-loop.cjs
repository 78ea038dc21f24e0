// What the floor is measured against: activities that do nothing, one after another. Bundled by bench/floor.mjs.
const { proxyActivities } = require('@temporalio/workflow');

const { nothing } = proxyActivities({ taskQueue: 'bare-activities', startToCloseTimeout: '1 minute' });

exports.bareLoop = async (count) => {
  for (let done = 0; done < count; done += 1) await nothing();
};
