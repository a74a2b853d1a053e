#!/usr/bin/env bash
# Generates *.pb.go and *.pb.gw.go from proto/ (`make proto`), or only lints the
# proto files (`make proto-lint`). Third-party files come from the Go modules
# pinned in go.mod; buf comes from the npm package @bufbuild/buf. What sidecars
# speak to each other (zg/da) is generated without the SDK's types.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly buf_version=1.50.0 go_version=v1.36.11 go_grpc_version=v1.5.1
readonly deps=build/proto-deps tools=build/tools out=build/proto-out

module_dir() { go list -m -f '{{.Dir}}' "$1"; }

fetch_buf() {
  [ -x "$tools/buf/node_modules/.bin/buf" ] && return
  mkdir -p "$tools/buf"
  npm install --silent --no-save --prefix "$tools/buf" "@bufbuild/buf@$buf_version"
}

lay_dependencies() {
  rm -rf "$deps" && mkdir -p "$deps/google/api"
  local sdk gogo cproto gateway
  sdk=$(module_dir github.com/cosmos/cosmos-sdk)
  gogo=$(module_dir github.com/cosmos/gogoproto)
  cproto=$(module_dir github.com/cosmos/cosmos-proto)
  gateway=$(module_dir github.com/grpc-ecosystem/grpc-gateway)
  mkdir -p "$deps/cosmos/msg/v1" "$deps/amino"
  cp "$sdk/proto/cosmos/msg/v1/msg.proto" "$deps/cosmos/msg/v1/"
  cp "$sdk/proto/amino/amino.proto" "$deps/amino/"
  cp -r "$gogo/gogoproto" "$deps/"
  cp -r "$cproto/proto/cosmos_proto" "$deps/"
  cp "$gateway"/third_party/googleapis/google/api/{annotations,http}.proto "$deps/google/api/"
  chmod -R u+w "$deps"
  find "$deps" -type f ! -name '*.proto' -delete
}

generate() {
  mkdir -p "$tools"
  GOBIN="$PWD/$tools" go install github.com/cosmos/gogoproto/protoc-gen-gocosmos \
    github.com/grpc-ecosystem/grpc-gateway/protoc-gen-grpc-gateway
  GOBIN="$PWD/$tools" go install "google.golang.org/protobuf/cmd/protoc-gen-go@$go_version"
  GOBIN="$PWD/$tools" go install "google.golang.org/grpc/cmd/protoc-gen-go-grpc@$go_grpc_version"
  rm -rf "$out"
  buf generate proto --template proto/buf.gen.yaml --exclude-path proto/zg/da
  buf generate proto --template proto/buf.gen.sidecar.yaml --path proto/zg/da
  cp -r "$out"/github.com/zgd-network/zgd/* .
  rm -rf "$out" # else ./... finds every generated package twice
}

buf() { "$tools/buf/node_modules/.bin/buf" "$@"; }

fetch_buf
lay_dependencies
buf lint proto
if [ "${1:-generate}" != lint ]; then generate; fi
