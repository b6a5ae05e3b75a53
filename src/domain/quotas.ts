/** ECR's service quotas (ECR user guide, "Amazon ECR service quotas"). */
export interface Quotas {
  readonly repositoriesPerRegistry: number
  readonly imagesPerRepository: number
  readonly tagsPerImage: number
  readonly partsPerLayer: number
  readonly layerBytes: number
  readonly pullTimeUpdateExclusions: number
  readonly pullThroughCacheRules: number
  readonly basicScansPerDay: number
}

const MEBIBYTE = 1024 * 1024

/** The quotas of a new account. */
export const defaultQuotas: Quotas = {
  repositoriesPerRegistry: 100_000,
  imagesPerRepository: 100_000,
  tagsPerImage: 1_000,
  partsPerLayer: 4_200,
  layerBytes: 52_000 * MEBIBYTE,
  pullTimeUpdateExclusions: 100,
  pullThroughCacheRules: 50,
  basicScansPerDay: 100_000,
}

/** The smallest part of a layer but the last, and the size that clients are told to send. */
export const MIN_PART_BYTES = 5 * MEBIBYTE

/** The quotas page says 10 MiB; the model would let 20 MiB in, and those are taken too. */
export const PART_BYTES = 10 * MEBIBYTE

/** An upload that nobody completes is forgotten after this long (guess; ECR's own time is not known). */
export const UPLOAD_LIFE_MILLISECONDS = 24 * 60 * 60 * 1000
