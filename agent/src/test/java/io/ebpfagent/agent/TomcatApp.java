// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.io.File;
import java.util.logging.Logger;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;

/** A Tomcat as its documentation has it, which registers MBeans and logs by java.util.logging. */
final class TomcatApp {
  private TomcatApp() {}

  public static void main(String[] arguments) throws Exception {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(arguments[0]);
    tomcat.setConnector(new Connector());
    tomcat.getConnector().setPort(0);
    tomcat.addContext("", new File(arguments[0]).getAbsolutePath());
    tomcat.start();
    Logger.getLogger(TomcatApp.class.getName())
        .info("port " + tomcat.getConnector().getLocalPort());
    System.out.println("up");
    while (System.in.read() >= 0) {
      // Waits.
    }
    tomcat.stop();
    System.out.println("down");
  }
}
