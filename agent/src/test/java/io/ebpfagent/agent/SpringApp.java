// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.io.IOException;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;

/** A small application of Spring Boot's, with one MBean that says it is ready. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class SpringApp {
  public static void main(String[] arguments) throws IOException {
    try (ConfigurableApplicationContext context =
        SpringApplication.run(SpringApp.class, "--spring.application.admin.enabled=true")) {
      System.out.println(context.isActive() ? "up" : "not up");
      while (System.in.read() >= 0) {
        // Waits.
      }
    }
    System.out.println("down");
  }
}
