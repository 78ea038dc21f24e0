import { abiCheck } from './abi';
import { capabilityDiffCheck } from './capability-diff';
import type { Check } from './check';
import { dangerousFilesCheck } from './dangerous-files';
import { fileDiffCheck } from './file-diff';
import { installableCheck } from './installable';
import { licenceCheck } from './licence';
import { lintersCheck } from './linters';
import { packageTestsCheck } from './package-tests';
import { sbomCheck } from './sbom';
import { secretsCheck } from './secrets';
import { sniffTestsCheck } from './sniff-tests';
import { sourcesVerifiedCheck } from './sources-verified';
import { specLintCheck } from './spec-lint';
import { updateConfigCheck } from './update-config';

/** Every check that looks for itself; `build-<architecture>` and `upstream-tests` follow from the builds (domain/check/build-verdicts.ts). */
export const CHECKS: readonly Check[] = [
  specLintCheck,
  updateConfigCheck,
  sourcesVerifiedCheck,
  licenceCheck,
  secretsCheck,
  installableCheck,
  fileDiffCheck,
  abiCheck,
  sbomCheck,
  lintersCheck,
  dangerousFilesCheck,
  capabilityDiffCheck,
  packageTestsCheck,
  sniffTestsCheck,
];
