import type { Domain } from './domain.ts'

const NO_SOURCE =
  'No findings source is configured: plant findings (--findings, PUT /_ecr-local/findings) or name a --scanner.'

const DESCRIPTIONS = {
  // ECR API reference, samples of DescribeImageScanFindings.
  COMPLETE: 'The scan was completed successfully.',
  ACTIVE: 'Continuous scan is selected for image.',
}

/** What is said of a scan that ended well: also that it had nowhere to look. */
export function describeEnd({ plantedFindings, scanner }: Domain, status: keyof typeof DESCRIPTIONS): string {
  const hasSource = scanner !== undefined || plantedFindings.read().length > 0
  return hasSource ? DESCRIPTIONS[status] : `${DESCRIPTIONS[status]} ${NO_SOURCE}`
}
