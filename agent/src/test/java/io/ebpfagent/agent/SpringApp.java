// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** A small application of Spring Boot's, with a web server, and one MBean that says it is ready. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class SpringApp {
  static final class Hello extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getWriter().write("hello");
    }
  }

  @Bean
  ServletRegistrationBean<Hello> hello() {
    return new ServletRegistrationBean<>(new Hello(), "/hello");
  }

  public static void main(String[] arguments) throws IOException {
    try (ConfigurableApplicationContext context =
        SpringApplication.run(
            SpringApp.class,
            "--server.port=0",
            "--server.address=127.0.0.1",
            "--spring.application.admin.enabled=true")) {
      System.out.println("port " + context.getEnvironment().getProperty("local.server.port"));
      System.out.println("up");
      while (System.in.read() >= 0) {
        // Waits.
      }
    }
    System.out.println("down");
  }
}
