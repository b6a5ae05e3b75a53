import { formatSize, type TreeChild, type TreeNode } from './draw-tree.ts'

/** The most identifiers that one call takes. */
const BATCH = 100
const SHORT_DIGEST_LENGTH = 'sha256:'.length + 12

type Call = (operation: string, input: object) => Promise<unknown>

interface ImageId {
  readonly imageTag?: string
  readonly imageDigest?: string
}

interface Descriptor {
  readonly digest: string
  readonly mediaType?: string
  readonly size?: number
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string }
}

interface Manifest {
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
  readonly subject?: Descriptor
}

interface Root {
  readonly name: string
  readonly digest: string
}

/** Reads the manifests of a repository through the API, each once, and makes trees of them. */
export class ManifestReader {
  readonly #call: Call
  readonly #repositoryName: string
  readonly #full: boolean
  readonly #manifests = new Map<string, Manifest>()
  readonly #referrers = new Map<string, string[]>()

  constructor(call: Call, repositoryName: string, { full }: { full: boolean }) {
    this.#call = call
    this.#repositoryName = repositoryName
    this.#full = full
  }

  /** The image that a tag or a digest names. */
  async named(imageId: ImageId): Promise<Root> {
    const { imageDetails } = (await this.#ask('DescribeImages', { imageIds: [imageId] })) as {
      imageDetails: { imageDigest: string }[]
    }
    const digest = imageDetails[0]?.imageDigest ?? ''
    return { name: imageId.imageTag ?? digest, digest }
  }

  /** What no index holds and what refers to nothing, in the order of first push, each under its first tag. */
  async roots(): Promise<Root[]> {
    const images: { imageDigest: string; imageTags?: string[]; subjectManifestDigest?: string }[] = []
    let nextToken: string | undefined
    do {
      const page = (await this.#ask('DescribeImages', { maxResults: 1000, nextToken })) as {
        imageDetails: typeof images
        nextToken?: string
      }
      images.push(...page.imageDetails)
      nextToken = page.nextToken
    } while (nextToken)

    await this.#read(images.map(({ imageDigest }) => imageDigest))
    const held = new Set([...this.#manifests.values()].flatMap((manifest) => childrenOf(manifest)))
    const present = new Set(images.map(({ imageDigest }) => imageDigest))
    return images
      .filter(({ subjectManifestDigest: subject }) => !subject || !present.has(subject))
      .filter(({ imageDigest, imageTags }) => imageTags || !held.has(imageDigest))
      .map(({ imageDigest, imageTags }) => ({
        name: `${this.#repositoryName}${imageTags ? `:${imageTags[0]}` : `@${this.#short(imageDigest)}`}`,
        digest: imageDigest,
      }))
  }

  /** The tree below a manifest: read a level at a time, so that calls are as few as the tree is deep. */
  async tree(root: string): Promise<TreeNode> {
    const order: string[] = []
    let level = [root]
    const seen = new Set(level)
    while (level.length > 0) {
      order.push(...level)
      await Promise.all([this.#read(level), this.#readReferrers(level)])
      const below = level.flatMap((digest) => this.#below(digest))
      level = [...new Set(below)].filter((digest) => !seen.has(digest))
      for (const digest of level) seen.add(digest)
    }

    const nodes = new Map<string, { key: string; details: string[]; children: TreeChild[] }>()
    for (const digest of order)
      nodes.set(digest, { key: digest, details: this.#details(digest), children: [] })
    for (const [digest, node] of nodes) node.children.push(...this.#children(digest, nodes))
    return nodes.get(root) as TreeNode
  }

  #below(digest: string): string[] {
    const manifest = this.#manifests.get(digest)
    return [...(manifest ? childrenOf(manifest) : []), ...(this.#referrers.get(digest) ?? [])]
  }

  #children(digest: string, nodes: ReadonlyMap<string, TreeNode>): TreeChild[] {
    const children: TreeChild[] = []
    for (const { digest: child, platform } of this.#manifests.get(digest)?.manifests ?? []) {
      const node = nodes.get(child)
      if (!node) continue
      const at = platform && [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')
      children.push({
        name: this.#short(child),
        node: at ? { ...node, details: [...node.details, at], children: node.children } : node,
      })
    }
    for (const referrer of this.#referrers.get(digest) ?? []) {
      const node = nodes.get(referrer)
      if (node) children.push({ name: `${this.#short(referrer)} (referrer)`, node })
    }
    return children
  }

  #details(digest: string): string[] {
    const manifest = this.#manifests.get(digest)
    if (!manifest) return ['(not in the repository)']
    if (manifest.manifests) return [manifest.artifactType ? `index of ${manifest.artifactType}` : 'index']
    const { artifactType, config, layers = [] } = manifest
    const size = [config, ...layers].reduce((sum, descriptor) => sum + (descriptor?.size ?? 0), 0)
    const count = `${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}`
    return [artifactType ?? config?.mediaType ?? 'manifest', `${count}, ${formatSize(size)}`]
  }

  #short(digest: string): string {
    return this.#full ? digest : digest.slice(0, SHORT_DIGEST_LENGTH)
  }

  async #read(digests: readonly string[]): Promise<void> {
    const wanted = digests.filter((digest) => !this.#manifests.has(digest))
    for (let start = 0; start < wanted.length; start += BATCH) {
      const imageIds = wanted.slice(start, start + BATCH).map((imageDigest) => ({ imageDigest }))
      const { images } = (await this.#ask('BatchGetImage', { imageIds })) as {
        images: { imageId: { imageDigest: string }; imageManifest: string }[]
      }
      for (const { imageId, imageManifest } of images)
        this.#manifests.set(imageId.imageDigest, JSON.parse(imageManifest) as Manifest)
    }
  }

  async #readReferrers(digests: readonly string[]): Promise<void> {
    for (const imageDigest of digests) {
      const found: string[] = []
      let nextToken: string | undefined
      do {
        const page = (await this.#ask('ListImageReferrers', {
          subjectId: { imageDigest },
          maxResults: 50,
          nextToken,
        })) as { referrers: { digest: string }[]; nextToken?: string }
        found.push(...page.referrers.map(({ digest }) => digest))
        nextToken = page.nextToken
      } while (nextToken)
      if (found.length > 0) this.#referrers.set(imageDigest, found)
    }
  }

  #ask(operation: string, input: object): Promise<unknown> {
    return this.#call(operation, { repositoryName: this.#repositoryName, ...input })
  }
}

function childrenOf({ manifests = [] }: Manifest): string[] {
  return manifests.map(({ digest }) => digest)
}
