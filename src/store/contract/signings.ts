export type SigningStatus = 'IN_PROGRESS' | 'COMPLETE' | 'FAILED'

/** What became of the signing of an image by one profile. */
export interface Signing {
  readonly signingProfileArn: string
  readonly status: SigningStatus
  /** Of the refusal that was the end of it. */
  readonly failureCode?: string | undefined
  readonly failureReason?: string | undefined
}

export interface SigningReads {
  /** Of one image, in the order of profiles. */
  list(imageId: number): Promise<Signing[]>
}

export interface SigningWrites {
  /** Whether it is new: an image is signed once by each profile. */
  begin(imageId: number, signingProfileArn: string): Promise<boolean>
  end(imageId: number, signing: Signing): Promise<void>
}
