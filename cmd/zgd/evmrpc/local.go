package evmrpc

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	abci "github.com/cometbft/cometbft/abci/types"

	rpctypes "github.com/cosmos/evm/rpc/types"
	feemarkettypes "github.com/cosmos/evm/x/feemarket/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"
	grpctypes "github.com/cosmos/cosmos-sdk/types/grpc"
)

// localConn answers upstream's queries of the EVM and of the fee market in this
// process. Upstream sends each through a TCP socket to the node's own gRPC
// server, which costs more than most of them and cuts a trace off at 10 MiB.
type localConn struct {
	route func(method string) baseapp.GRPCQueryHandler
	state func(height int64) (sdk.Context, error) // of a height that is not 0
	last  func() int64                            // the latest height
}

// useLocalQueries replaces a backend's way to the modules.
func useLocalQueries(client *rpctypes.QueryClient, conn *localConn) *rpctypes.QueryClient {
	return &rpctypes.QueryClient{
		ServiceClient: client.ServiceClient,
		QueryClient:   evmtypes.NewQueryClient(grpcConn{conn}),
		FeeMarket:     feemarkettypes.NewQueryClient(grpcConn{conn}),
	}
}

// grpcConn gives localConn the method that no query uses.
type grpcConn struct{ *localConn }

// NewStream refuses: the modules' queries are calls.
func (grpcConn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "no streams")
}

// Invoke runs the query at the height that the metadata names, or at the latest.
func (c *localConn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) (err error) {
	defer func() {
		if r := recover(); r != nil { // as the recovery of a gRPC server
			err = status.Errorf(codes.Internal, "%s crashed: %v", method, r)
		}
	}()
	request, isProto := args.(proto.Message)
	response, isProtoToo := reply.(proto.Message)
	handler := c.route(method)
	if !isProto || !isProtoToo || handler == nil {
		return status.Errorf(codes.Unimplemented, "no query %s of %T", method, args)
	}
	height, err := heightOf(ctx)
	if err != nil {
		return err
	}
	if height == 0 {
		height = c.last()
	}
	state, err := c.state(height)
	if err != nil {
		return err
	}
	data, err := proto.Marshal(request)
	if err != nil {
		return err
	}
	res, err := handler(state.WithContext(ctx), &abci.RequestQuery{Path: method, Data: data, Height: height})
	if err != nil {
		return err
	}
	for _, option := range opts {
		if header, ok := option.(grpc.HeaderCallOption); ok {
			*header.HeaderAddr = metadata.Pairs(grpctypes.GRPCBlockHeightHeader, strconv.FormatInt(height, 10))
		}
	}
	return proto.Unmarshal(res.Value, response)
}

// heightOf reads the height that upstream puts into the outgoing metadata.
func heightOf(ctx context.Context) (int64, error) {
	md, _ := metadata.FromOutgoingContext(ctx)
	values := md.Get(grpctypes.GRPCBlockHeightHeader)
	if len(values) == 0 {
		return 0, nil
	}
	height, err := strconv.ParseInt(values[len(values)-1], 10, 64)
	if err != nil || height < 0 {
		return 0, fmt.Errorf("height %q of a query: %w", values[len(values)-1], errors.Join(err, errors.New("want a number that is not negative")))
	}
	return height, nil
}
