import { severityOf } from '../../../src/domain/advisory/severity';

it.each<[readonly string[], ReturnType<typeof severityOf>]>([
  [['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H'], { score: 7.5, rating: 'high' }],
  [['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'], { score: 9.8, rating: 'critical' }],
  [['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N'], { score: 9.3, rating: 'critical' }],
  [['CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N'], { score: 1.8, rating: 'low' }],
  [['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N'], { score: 0, rating: 'none' }],
  [['CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H'], { score: 7.5, rating: 'high' }],
  [['high'], undefined],
  [['CVSS:3.1/AV:N'], undefined],
  [['', 'CVSS:9.9/X:Y'], undefined],
  [[], undefined],
])('%j is %j', (vectors, severity) => {
  expect(severityOf(vectors.map((score) => ({ score })))).toEqual(severity);
});
