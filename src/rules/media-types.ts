/** The media types of manifests that image-spec and Docker's registry API define. */
export const DOCKER_MANIFEST_V1 = 'application/vnd.docker.distribution.manifest.v1+json'
export const DOCKER_MANIFEST_V1_SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
export const DOCKER_MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'

export const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'

const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
const DOCKER_LAYER_PLAIN = 'application/vnd.docker.image.rootfs.diff.tar'
const DOCKER_FOREIGN_LAYER = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const OCI_LAYER_PLAIN = 'application/vnd.oci.image.layer.v1.tar'
const OCI_FOREIGN_LAYER = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'

/** Docker's name for a part of an image beside OCI's name for the same thing (image-spec media-types.md). */
export const DOCKER_TO_OCI: ReadonlyMap<string, string> = new Map([
  [DOCKER_MANIFEST, OCI_MANIFEST],
  [DOCKER_CONFIG, OCI_CONFIG],
  [DOCKER_LAYER, OCI_LAYER],
  [DOCKER_LAYER_PLAIN, OCI_LAYER_PLAIN],
  [DOCKER_FOREIGN_LAYER, OCI_FOREIGN_LAYER],
])

/** The same table read the other way. */
export const OCI_TO_DOCKER: ReadonlyMap<string, string> = new Map(
  [...DOCKER_TO_OCI].map(([docker, oci]) => [oci, docker]),
)

/** Whether a manifest of this type holds other manifests. */
export function isIndexMediaType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_MANIFEST_LIST
}

const MEDIA_TYPE = /^[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,126}\/[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,126}$/

/** Whether `text` is a bare media type: RFC 6838 names, no parameters. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text)
}
