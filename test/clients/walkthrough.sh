#!/usr/bin/env bash
#
# The story, as someone types it: what AWS showed when ECR learned OCI artifacts. walkthrough.test.ts runs it
# with $ENDPOINT and $OPA, which take the place of http://localhost:3270 and localhost:8181, and holds what each
# step prints against what it should; with $CHARTS_ONLY, the part of it that is about charts.
set -euo pipefail
exec 2>&1

step() {
  echo "== $*"
}

step set-up
export AWS_ENDPOINT_URL_ECR=$ENDPOINT AWS_REGION=eu-west-1
export AWS_DEFAULT_REGION=$AWS_REGION # AWS CLI 1 reads nothing else
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
REPO_NAME=artifact-test
REPO_URI=$(aws ecr create-repository --repository-name $REPO_NAME --query 'repository.repositoryUri' --output text)
REGISTRY=${REPO_URI%%/*}
echo "$REPO_URI"

step create chart
aws ecr create-repository --repository-name example-hello-world
helm create example-hello-world && helm package example-hello-world

step helm login
aws ecr get-login-password | helm registry login -u AWS --password-stdin $REGISTRY --plain-http

step helm push
helm push example-hello-world-0.1.0.tgz oci://$REGISTRY --plain-http

step chart manifest
aws ecr batch-get-image --repository-name example-hello-world --image-ids imageTag=0.1.0 \
    --query 'images[].imageManifest' --output text

step helm pull
mv example-hello-world-0.1.0.tgz pushed.tgz
helm pull oci://$REGISTRY/example-hello-world --version 0.1.0 --plain-http
cmp pushed.tgz example-hello-world-0.1.0.tgz

step helm template
helm template oci://$REGISTRY/example-hello-world --version 0.1.0 --plain-http

[[ -z ${CHARTS_ONLY-} ]] || exit 0

step bundle
mkdir temporal-demo && cat > temporal-demo/demo.rego <<'REGO'
package temporal

import rego.v1

ts_in_rfc3339 := "2020-08-07T06:05:04Z"
ts := time.parse_rfc3339_ns(ts_in_rfc3339)
now := time.now_ns()

adate := {"Y": year, "M": month, "D": day} if [year, month, day] := time.date(ts)
atime := {"h": hour, "m": minute, "s": second} if [hour, minute, second] := time.clock(ts)
aweekday := time.weekday(ts)

one_month_in_the_future := epoch2rfc3339(time.add_date(ts, 0, 1, 0))

epoch2rfc3339(t) := s if {
    [y, mo, d] := time.date(t)
    [h, mi, se] := time.clock(t)
    s := sprintf("%d-%02d-%02dT%02d:%02d:%02dZ", [y, mo, d, h, mi, se])
}
REGO
tar -czf bundle.tar.gz temporal-demo/
echo '{}' > empty-config.json

step oras login
aws ecr get-login-password | oras login -u AWS --password-stdin $REGISTRY --plain-http

step oras push
oras push --plain-http --config empty-config.json:application/vnd.cncf.openpolicyagent.config.v1+json \
    $REPO_URI:opa-demo bundle.tar.gz:application/vnd.cncf.openpolicyagent.layer.v1.tar+gzip

step oras pull
mkdir out && oras pull --plain-http -o out $REPO_URI:opa-demo
cmp bundle.tar.gz out/bundle.tar.gz

step opa
opa run --server --addr $OPA out/bundle.tar.gz >opa.log 2>&1 &
trap 'kill %1' EXIT
until curl -sf $OPA/health >/dev/null; do kill -0 %1; sleep 0.1; done
curl -s $OPA/v1/data/temporal | jq .

step cli-model
ecr-local cli-model install

step opa bundles
aws ecr describe-images --repository-name $REPO_NAME \
    --manifest-config application/vnd.cncf.openpolicyagent.config.v1+json \
    --query 'imageDetails[].[imageTags[0],artifactMediaType,imageManifestMediaType,imageSizeInBytes]' --output text

step charts among the bundles
aws ecr describe-images --repository-name $REPO_NAME \
    --manifest-config application/vnd.cncf.helm.config.v1+json \
    --query 'imageDetails[].[imageTags[0],artifactMediaType,imageManifestMediaType,imageSizeInBytes]' --output text

step all charts
aws ecr describe-images --repository-name example-hello-world \
    --query 'imageDetails[].[imageTags[0],artifactMediaType]' --output text

step indexes
oras manifest index create --plain-http $REPO_URI:inner opa-demo
oras manifest index create --plain-http $REPO_URI:outer inner

step tree
ecr-local tree $REPO_NAME:outer

step delete what an index holds
DIGEST=$(aws ecr describe-images --repository-name $REPO_NAME --image-ids imageTag=opa-demo \
    --query 'imageDetails[].imageDigest' --output text)
aws ecr batch-delete-image --repository-name $REPO_NAME --image-ids imageDigest=$DIGEST

step undo
ecr-local cli-model remove
