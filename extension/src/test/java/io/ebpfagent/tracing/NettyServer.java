// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server whose event loops hand requests to workers, and answer in order. */
final class NettyServer {
  static final ExecutorService WORKERS = Executors.newFixedThreadPool(4);

  private NettyServer() {}

  /** Starts one; its port. */
  static int start() throws InterruptedException {
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    Channel server =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    ChannelPipeline pipeline = channel.pipeline();
                    pipeline.addLast(new HttpServerCodec());
                    pipeline.addLast(new HttpObjectAggregator(1 << 16));
                    pipeline.addLast(new Requests());
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  /** Requests of one connection. */
  private static final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
    /** In the order of the requests; the event loop's. */
    private final Deque<CompletableFuture<FullHttpResponse>> answers = new ArrayDeque<>();

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      String traceparent = request.headers().get("traceparent");
      HttpApp.say(traceparent);
      CompletableFuture<FullHttpResponse> answer = new CompletableFuture<>();
      answers.add(answer);
      WORKERS.execute(
          () -> {
            HttpApp.work(traceparent);
            answer.complete(ok());
            context.executor().execute(() -> send(context));
          });
    }

    private void send(ChannelHandlerContext context) {
      while (!answers.isEmpty() && answers.getFirst().isDone()) {
        ChannelFuture _ = context.writeAndFlush(answers.removeFirst().join());
      }
    }

    private static FullHttpResponse ok() {
      FullHttpResponse response =
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
      response.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
      return response;
    }
  }
}
